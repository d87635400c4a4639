/** Addresses that people click: one that two parsers could read as different hosts is refused. */

/**
 * Blanks, control characters, characters that reverse the writing direction or are invisible, letters that look like
 * blanks, and the signs with which an attribute or a tag of a page ends. Joiners are letters in some scripts.
 */
const MISLEADING = /[\p{Z}\p{Cc}\\"<>`\u115F\u1160\u2800\u3164\uFFA0]|(?![\u200C\u200D])\p{Cf}/u

/** Scheme, and the authority up to where the path begins. A percent sign there hides letters of the host's name. */
const BEGINNING = /^https?:\/\/[^/?#@%]+(?:[/?#]|$)/i

/** An absolute address of the web, with a host, that every parser of addresses reads alike. */
export const isLink = (url: string): boolean =>
  BEGINNING.test(url) && !MISLEADING.test(url) && URL.canParse(url) && isWritten(url, new URL(url).hostname)

/** What names are made of, and no other sign that looks like a dot or a slash; the last four stand within words. */
const NAME = /^(?:[\p{L}\p{M}\p{N}\p{So}._\-\u00B7\u05F3\u05F4\u30FB]|\u200C|\u200D)+$/u
const ASCII = /^[\x21-\x7e]*$/

/** `127.1` and `0x7f.1` are other places than they seem; letters beyond ASCII have a form in it that is not written. */
function isWritten(url: string, hostname: string): boolean {
  const [, host = ""] = /^https?:\/\/(.*?)(?::\d*)?(?:[/?#]|$)/i.exec(url) ?? []
  if (hostname === "" || /^\.|\.\./.test(hostname)) return false
  if (ASCII.test(host)) return host.toLowerCase() === hostname && (host.startsWith("[") || NAME.test(host))
  // What parsers take for another letter (wide, encircled, joined) is not what is read.
  const composed = host.normalize("NFC")
  return NAME.test(composed) && composed.normalize("NFKC") === composed
}
