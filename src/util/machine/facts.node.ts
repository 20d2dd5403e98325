/**
 * A name that is unique to this machine, as far as the system tells. Host names are not unique: think of `localhost`,
 * copied disk images or containers. The name survives a restart of the machine.
 */
import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, realpathSync } from 'node:fs'
import { hostname, networkInterfaces } from 'node:os'

/** 16 hexadecimal digits; empty if nothing distinguishes this machine from others. */
export function machineName(): string {
  const [id, cards] = [told('/etc/machine-id') || told('/var/lib/dbus/machine-id'), builtInCards()]
  if (id === '' && cards.every(isMadeUp)) return ''
  return createHash('sha256')
    .update(JSON.stringify([hostname(), id, cards]))
    .digest('hex')
    .slice(0, 16)
}

/** The text of a system file; empty if there is none. */
function told(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim()
  } catch {
    return ''
  }
}

/** Addresses of built-in network cards. Copies of a disk share the machine-id, but not the cards. */
function builtInCards(): string[] {
  const cards =
    process.platform === 'linux'
      ? linuxCards()
      : Object.values(networkInterfaces())
          .flatMap((addresses) => (addresses ?? []).map(({ mac }) => mac))
          .filter((mac) => !isMadeUp(mac))
  return [...new Set(cards)].filter((mac) => mac !== '').sort()
}

/** Whether an address was not assigned by a manufacturer. Such an address may exist on many machines, or change. */
const isMadeUp = (mac: string) => (Number.parseInt(mac.slice(0, 2), 16) & 2) === 2 || mac === '00:00:00:00:00:00'

/** Wired cards that are not on a removable bus. */
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
