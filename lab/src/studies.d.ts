/** Modules that `lab/studies.js` generates when the lab is built. */
declare module 'study:*' {
  const study: Pick<import('../../src/internal.js').AnyStudy, 'name' | 'title' | 'claims'>
  export default study
}
