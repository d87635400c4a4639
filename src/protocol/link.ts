/** Addresses that people click: what one reader takes for one place and another for another is none. */

/** Blanks, control characters, and those that turn a text around or cannot be seen. Joiners are letters in some scripts. */
const MISLEADING = /[\p{Z}\p{Cc}\\]|(?![\u200C\u200D])\p{Cf}/u

/** Scheme, and the authority up to where the path begins. A percent sign there hides letters of the host's name. */
const BEGINNING = /^https?:\/\/[^/?#@%]+(?:[/?#]|$)/i

/** An absolute address of the web, with a host, that every parser of addresses reads alike. */
export const isLink = (url: string): boolean =>
  BEGINNING.test(url) && !MISLEADING.test(url) && URL.canParse(url) && new URL(url).hostname !== ""
