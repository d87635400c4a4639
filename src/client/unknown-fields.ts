/** What a storage, another tab or the network gave may be anything: it is looked at field by field. Pure. */
export type UnknownFields = { readonly [name: string]: unknown }

/** The fields of an object; of anything else none. */
export const fieldsOf = (value: unknown): UnknownFields =>
  typeof value === "object" && value !== null ? { ...value } : {}

/** The fields of the object in a JSON text; none if it is no JSON or no object. */
export function decoded(text: string | null | undefined): UnknownFields {
  try {
    return text ? fieldsOf(JSON.parse(text)) : {}
  } catch {
    return {}
  }
}
