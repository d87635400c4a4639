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
  BEGINNING.test(url) && !MISLEADING.test(url) && URL.canParse(url) && new URL(url).hostname !== ""
