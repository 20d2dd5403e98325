/**
 * A name for this machine that no other one has, as far as its system tells: several may share one host name, such as
 * `localhost`, a disk image that was copied, or containers. It stays the same when the machine is started again.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'

/** 16 hexadecimal digits; empty where nothing tells this machine from others. */
export function machineName(): string {
  const [id, cards] = [told('/etc/machine-id') || told('/var/lib/dbus/machine-id'), builtInCards()]
  if (id === '' && cards.every(isMadeUp)) return ''
  return createHash('sha256')
    .update(JSON.stringify([hostname(), id, cards]))
    .digest('hex')
    .slice(0, 16)
}

/** The text of a system file; empty where there is none. */
function told(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/**
 * Addresses of network cards that stay where they are and as they are: copies of a disk have the same machine-id, but not
 * the same cards.
 */
function builtInCards(): string[] {
  const cards =
    process.platform === 'linux'
      ? linuxCards()
      : Object.values(networkInterfaces())
          .flatMap((addresses) => (addresses ?? []).map(({ mac }) => mac))
          .filter((mac) => !isMadeUp(mac))
  return [...new Set(cards)].filter((mac) => mac !== '').sort()
}

/** The bit of an address that says that no maker gave it: such a one may be the same on many machines, or change. */
const isMadeUp = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 2) === 2 || mac === '00:00:00:00:00:00'

/** Wired, and not on a plug that is pulled. */
function linuxCards(): string[] {
  const base = '/sys/class/net'
  try {
    return readdirSync(base)
      .filter((name) => existsSync(`${base}/${name}/device`) && !existsSync(`${base}/${name}/wireless`))
      .filter((name) => !realpathSync(`${base}/${name}/device`).includes('/usb'))
      .map((name) => told(`${base}/${name}/address`))
  } catch {
    return []
  }
}
