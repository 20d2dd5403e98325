/** The pages: their names in the navigation, and how each is loaded when it is asked for. */
import type { Component } from 'svelte'
import type { PageName } from '../state/address.js'

export const titles: Readonly<Record<PageName, { readonly title: string }>> = {
  race: { title: 'Race' },
  lesions: { title: 'Lesions' },
}

export const loaders: Readonly<Record<PageName, () => Promise<{ default: Component }>>> = {
  race: () => import('./Race.svelte'),
  lesions: () => import('./Lesions.svelte'),
}
