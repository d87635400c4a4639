/** What Vite makes of style sheets: the text of one, or a file that the page links to. */
declare module "*.css?inline" {
  const text: string
  export default text
}
declare module "*.css" {}
