/** How a peer in JavaScript takes its turns: as turns.py says. */
import { createInterface } from 'node:readline'

/** Runs `work` as often as each line says and answers with the seconds it took. */
export async function takeTurns(work, about) {
  await work()
  console.log(JSON.stringify({ ready: true, ...about }))
  for await (const line of createInterface({ input: process.stdin })) {
    const start = performance.now()
    for (let i = 0; i < Number(line); i++) await work()
    console.log(JSON.stringify({ seconds: (performance.now() - start) / 1000 }))
  }
}
