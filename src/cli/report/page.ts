/** The frame of all reports: one self-contained HTML file, readable in light and dark, on paper and on a phone. */

/** The whole file as text. The browser shows `title`; `body` is HTML. */
export function page(title: string, body: string, style = ''): string {
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<title>${plainText(title)}</title>
<style>${shared}${style}</style>
</head>
<body>
<main>
${body}
</main>
</body>
</html>
`
}

/** Escapes text for HTML. */
export function plainText(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;')
}

/** Colours of Okabe and Ito's palette, darker on a light background and lighter on a dark one. */
const shared = `
:root { --ground: #fdfdfb; --ink: #1b1d21; --soft: #5d626b; --rule: #d9dade; --plain: #c04e00; --residual: #0067a5; --third: #00785a; --fourth: #94417f; --neutral: #5d626b; }
@media (prefers-color-scheme: dark) {
  :root { --ground: #14161a; --ink: #e9eaec; --soft: #a2a7b0; --rule: #363a41; --plain: #ffa35c; --residual: #6cbcf5; --third: #4fd0a5; --fourth: #e49ccb; --neutral: #a2a7b0; }
}
@media print { :root { --ground: #fff; --ink: #000; --soft: #333; --rule: #bbb; --plain: #c04e00; --residual: #0067a5; --third: #00785a; --fourth: #94417f; --neutral: #444; } }
* { box-sizing: border-box; }
body { margin: 0; background: var(--ground); color: var(--ink); font: 16px/1.55 system-ui, sans-serif; }
main { max-width: 1120px; margin: 0 auto; padding: 2.5rem 1.25rem 3rem; }
.kicker { margin: 0; color: var(--soft); font-size: .875rem; }
h1 { margin: .1rem 0 .6rem; font-size: 2.1rem; line-height: 1.15; letter-spacing: -.015em; }
h2 { margin: 2.2rem 0 .5rem; font-size: 1.2rem; }
.charts { display: grid; grid-template-columns: repeat(auto-fill, minmax(min(100%, 440px), 1fr)); gap: 1.2rem 2rem; }
figure { margin: 0; break-inside: avoid; }
figcaption { color: var(--soft); }
figcaption strong { color: var(--ink); }
.chart { display: block; width: 100%; height: auto; color: var(--ink); background: none; font: 14px system-ui, sans-serif; overflow: visible; }
.chart [aria-label="y-grid"] { stroke: var(--rule); stroke-opacity: 1; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; font-variant-numeric: tabular-nums; }
th, td { padding: .4rem 1.4rem .4rem 0; border-bottom: 1px solid var(--rule); text-align: right; white-space: nowrap; }
th:first-child { text-align: left; }
tbody th { font-weight: 400; }
thead th { color: var(--soft); font-weight: 400; font-size: .9rem; }
section p { max-width: 46rem; margin: 0; }
footer { margin-top: 2.4rem; padding-top: 1rem; border-top: 1px solid var(--rule); color: var(--soft); font-size: .875rem; }
footer p { margin: 0 0 .4rem; max-width: 60rem; }
code { font-size: .92em; }
@media (max-width: 480px) { .chart { font-size: 17px; } th, td { padding-right: .9rem; } main { padding-top: 1.5rem; } }
`
