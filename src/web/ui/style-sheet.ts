/**
 * Styles for a shadow root as sheets that are made by script: a content security policy of the host's page that
 * forbids inline styles allows them.
 */
export function adopt(root: ShadowRoot, ...texts: readonly string[]): void {
  const sheets = texts.map((text) => {
    const sheet = new CSSStyleSheet()
    sheet.replaceSync(text)
    return sheet
  })
  root.adoptedStyleSheets = [...root.adoptedStyleSheets, ...sheets]
}
