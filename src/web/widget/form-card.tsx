/** A form that a bot or an agent sent: filled in once, and afterwards it shows what was answered. */
import type { JSX } from "preact"
import { useId, useState } from "preact/hooks"
import type { Content } from "../../protocol/model.ts"
import { useSurroundings } from "./window-context.ts"
import type { Word } from "./words/en.ts"
import type { Words } from "./words/words.ts"

type Form = Extract<Content, { type: "form" }>
type Response = Extract<Content, { type: "formResponse" }>
type Field = Form["fields"][number]

const LONGEST_VALUE = 256

/** What the hub's own responder asks for, in English: these have words of the reader's language. */
const ASKED: ReadonlyMap<string, Word> = new Map([
  ["Your name", "formName"],
  ["Your email address", "formAddress"],
])

export function FormCard({
  formId,
  form,
  answer,
  onAnswer,
}: {
  readonly formId: string
  readonly form: Form
  readonly answer: Response | undefined
  readonly onAnswer: (response: Response) => void
}): JSX.Element {
  const { words } = useSurroundings()
  const [values, setValues] = useState<Readonly<Record<string, string>>>({})
  const [complaints, setComplaints] = useState<Readonly<Record<string, string>>>({})

  if (answer)
    return (
      <div class="form-card answered">
        <dl class="answers">
          {answer.fields.map(({ name, value }) => (
            <div key={name}>
              <dt dir="auto">
                {labelOf(form.fields.find((field) => field.name === name)?.label ?? name, words)}
              </dt>
              <dd dir="auto">{value}</dd>
            </div>
          ))}
        </dl>
        <p class="form-thanks">{words("formSent")}</p>
      </div>
    )

  const judge = (field: Field): string | undefined => {
    const value = (values[field.name] ?? "").trim()
    if (value === "") return words("formMissing")
    if (field.type === "email" && !/^[^\s@]+@[^\s@]+$/.test(value)) return words("formEmail")
    return undefined
  }
  const submit = (event: Event): void => {
    event.preventDefault()
    const found = form.fields.flatMap((field) => {
      const complaint = judge(field)
      return complaint === undefined ? [] : [[field.name, complaint] as const]
    })
    setComplaints(Object.fromEntries(found))
    if (found.length > 0) {
      if (event.currentTarget instanceof HTMLElement)
        event.currentTarget.querySelector<HTMLElement>(`[name="${CSS.escape(found[0]?.[0] ?? "")}"]`)?.focus()
      return
    }
    const fields = form.fields.map(({ name }) => ({ name, value: (values[name] ?? "").trim() }))
    onAnswer({ type: "formResponse", formId, fields })
  }

  return (
    <form class="form-card" noValidate onSubmit={submit}>
      {form.fields.map((field) => (
        <FormField
          key={field.name}
          field={field}
          value={values[field.name] ?? ""}
          complaint={complaints[field.name]}
          onChange={(value) => {
            setValues({ ...values, [field.name]: value })
            setComplaints(
              Object.fromEntries(Object.entries(complaints).filter(([name]) => name !== field.name)),
            )
          }}
        />
      ))}
      <button type="submit" class="button">
        {words("formSend")}
      </button>
    </form>
  )
}

function labelOf(label: string, words: Words): string {
  const key = ASKED.get(label)
  return key ? words(key) : label
}

function FormField({
  field,
  value,
  complaint,
  onChange,
}: {
  readonly field: Field
  readonly value: string
  readonly complaint: string | undefined
  readonly onChange: (value: string) => void
}): JSX.Element {
  const { words } = useSurroundings()
  const id = useId()
  const common = {
    id,
    name: field.name,
    value,
    "aria-invalid": complaint !== undefined,
    ...(complaint !== undefined && { "aria-describedby": `${id}-complaint` }),
  }
  return (
    <div class="form-field">
      <label for={id} dir="auto">
        {labelOf(field.label, words)}
      </label>
      {field.type === "select" ? (
        <select {...common} onChange={(event) => onChange(event.currentTarget.value)}>
          <option value="">{words("formChoose")}</option>
          {(field.options ?? []).map((option) => (
            <option key={option} value={option}>
              {option}
            </option>
          ))}
        </select>
      ) : (
        <input
          {...common}
          {...(field.type === "email" ? { type: "email" as const } : { type: "text" as const })}
          dir="auto"
          maxLength={LONGEST_VALUE}
          autocomplete={autocomplete(field)}
          onInput={(event) => onChange(event.currentTarget.value)}
        />
      )}
      {complaint !== undefined && (
        <p class="complaint" id={`${id}-complaint`}>
          {complaint}
        </p>
      )}
    </div>
  )
}

const autocomplete = ({ name, type }: Field): "email" | "name" | "off" =>
  type === "email" ? "email" : name === "name" ? "name" : "off"
