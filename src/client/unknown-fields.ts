/** What a storage, another tab or the network gave may be anything: it is looked at field by field. Pure. */
export type UnknownFields = { readonly [name: string]: unknown }

/** None if it is no object. */
export const fieldsOf = (value: unknown): UnknownFields =>
  typeof value === "object" && value !== null ? { ...value } : {}

/** Of the object in a JSON text; none if there is no such. */
export function decoded(text: string | null | undefined): UnknownFields {
  try {
    return text ? fieldsOf(JSON.parse(text)) : {}
  } catch {
    return {}
  }
}
