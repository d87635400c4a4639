/**
 * What is typed and not sent, by conversation. It outlives a closed window and, in this tab, a reload; it outlives no
 * person: what one user typed is shown to that user alone.
 */
interface Kept {
  readonly userId: string
  readonly texts: Readonly<Record<string, string>>
}

export class ComposerDrafts {
  /** If absent, drafts end with the page. */
  readonly #key: string | undefined
  readonly #texts = new Map<string, string>()
  #userId: string | undefined
  /** Rises when drafts of before the reload were found. */
  found = 0

  constructor(key: string | undefined) {
    this.#key = key
  }

  get(name: string): string {
    return this.#texts.get(name) ?? ""
  }

  set(name: string, text: string): void {
    if (text === "") this.#texts.delete(name)
    else this.#texts.set(name, text)
    this.#keep()
  }

  /** Says who types here; after an upgrade or a merge it is the same person under another id. */
  belongTo(userId: string): void {
    if (userId === this.#userId) return
    this.#userId = userId
    const kept = this.#load()
    if (kept?.userId === userId)
      for (const [name, text] of Object.entries(kept.texts)) {
        if (this.#texts.has(name)) continue
        this.#texts.set(name, text)
        this.found += 1
      }
    if (this.#texts.size > 0) this.#keep()
  }

  clear(): void {
    this.#texts.clear()
    this.#userId = undefined
    this.#store((storage, key) => storage.removeItem(key))
  }

  #keep(): void {
    const { size } = this.#texts
    if (this.#userId === undefined) return
    const kept: Kept = { userId: this.#userId, texts: Object.fromEntries(this.#texts) }
    this.#store((storage, key) =>
      size === 0 ? storage.removeItem(key) : storage.setItem(key, JSON.stringify(kept)),
    )
  }

  #load(): Kept | undefined {
    return this.#store((storage, key) => {
      // The boundary: only this class writes there; whatever else stands there has not this form.
      const kept = JSON.parse(storage.getItem(key) ?? "null") as Kept | null
      return kept !== null && typeof kept.texts === "object" ? kept : undefined
    })
  }

  /** Storage may be forbidden or full: then a draft lasts as long as the page. */
  #store<T>(act: (storage: Storage, key: string) => T): T | undefined {
    try {
      return this.#key === undefined ? undefined : act(sessionStorage, this.#key)
    } catch {
      return undefined
    }
  }
}
