/** Addresses that people click: one that two parsers could read as different hosts is refused. */

/**
 * Blanks, control characters, and characters that reverse the writing direction or are invisible. Joiners are letters
 * in some scripts.
 */
const MISLEADING = /[\p{Z}\p{Cc}\\]|(?![\u200C\u200D])\p{Cf}/u

/** Scheme, and the authority up to where the path begins. A percent sign there hides letters of the host's name. */
const BEGINNING = /^https?:\/\/[^/?#@%]+(?:[/?#]|$)/i

/** An absolute address of the web, with a host, that every parser of addresses reads alike. */
export const isLink = (url: string): boolean =>
  BEGINNING.test(url) && !MISLEADING.test(url) && URL.canParse(url) && isWritten(url, new URL(url).hostname)

/** `127.1` and `0x7f.1` are other places than they seem; letters beyond ASCII have a form in it that is not written. */
function isWritten(url: string, hostname: string): boolean {
  const [, host = ""] = /^https?:\/\/(.*?)(?::\d*)?(?:[/?#]|$)/i.exec(url) ?? []
  const isAscii = /^[\x21-\x7e]*$/.test(host)
  return hostname !== "" && !/^\.|\.\./.test(hostname) && (!isAscii || host.toLowerCase() === hostname)
}
