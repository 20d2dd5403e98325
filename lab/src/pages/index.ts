/** The pages: their names in the navigation, and how each is loaded on demand. */
import type { Component } from 'svelte'
import type { PageName } from '../state/address.js'

export const titles: Readonly<Record<PageName, { readonly title: string }>> = {
  race: { title: 'Race' },
  signal: { title: 'Signal' },
  block: { title: 'Block' },
  lesions: { title: 'Lesions' },
  paths: { title: 'Paths' },
  architecture: { title: 'Architecture' },
}

export const loaders: Readonly<Record<PageName, () => Promise<{ default: Component }>>> = {
  race: () => import('./Race.svelte'),
  signal: () => import('./Signal.svelte'),
  block: () => import('./Block.svelte'),
  lesions: () => import('./Lesions.svelte'),
  paths: () => import('./Paths.svelte'),
  architecture: () => import('./Architecture.svelte'),
}
