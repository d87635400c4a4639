/** The page of a shop: its sign-in, its buttons for what may go wrong, and the events of the widget that it shows. */
import { CuttableLine } from "./cuttable.ts"
import { isPersonName, PEOPLE, type PersonName, token, tributary } from "./page-widget.ts"

const line = new CuttableLine()
/** Beside the phone and the console the buttons stand above all three; alone the shop has its own. */
const embedded = parent !== window
const controls = embedded ? parent.document : document
document.documentElement.classList.toggle("embedded", embedded)

const found = (from: Document, selector: string): Element => {
  const element = from.querySelector(selector)
  if (!element) throw new Error(`The page has no ${selector}.`)
  return element
}
const who = found(controls, "#who")
const log = found(document, ".log")

/** What a real shop keeps in its session. */
const SESSION = "demo:signed-in"
const EXPIRY_SECONDS = "3"
const LINES = 5

function say(words: string): void {
  const entry = document.createElement("li")
  entry.textContent = words
  log.append(entry)
  while (log.children.length > LINES) log.firstElementChild?.remove()
}

function signIn(name: PersonName): void {
  localStorage.setItem(SESSION, name)
  show()
  tributary(
    "loginUser",
    () => token(PEOPLE[name]),
    (failure: { code: string } | null) => {
      if (failure) say(`sign-in failed: ${failure.code}`)
    },
  )
}

function signOut(): void {
  localStorage.removeItem(SESSION)
  show()
  tributary("logoutUser")
}

/** The next token lives a moment, and after it the shop has none to give. */
function expire(): void {
  const name = signedIn()
  if (!name) {
    say("sign in first")
    return
  }
  let given = false
  localStorage.removeItem(SESSION)
  show()
  tributary("loginUser", () => {
    if (given) return null
    given = true
    return token({ ...PEOPLE[name], ttl: EXPIRY_SECONDS })
  })
  say(`the token ends in ${EXPIRY_SECONDS} s`)
}

function signedIn(): PersonName | undefined {
  const name = localStorage.getItem(SESSION)
  return isPersonName(name) ? name : undefined
}

function show(): void {
  const name = signedIn()
  who.textContent = name ? PEOPLE[name].name : "Not signed in"
}

const pressed = (button: Element): boolean => {
  const is = button.getAttribute("aria-pressed") !== "true"
  button.setAttribute("aria-pressed", String(is))
  return is
}

const ACTIONS: Readonly<Record<string, (button: Element) => void>> = {
  mira: () => signIn("mira"),
  jonas: () => signIn("jonas"),
  out: signOut,
  expire,
  cut: (button) => line.cut(pressed(button)),
  tab: () => void open("/demo/shop", "_blank"),
  german: (button) => tributary("configure", { locale: pressed(button) ? "de" : "en" }),
  dark: (button) => tributary("configure", { theme: pressed(button) ? "dark" : "light" }),
}

for (const button of controls.querySelectorAll("[data-do]"))
  button.addEventListener("click", () => ACTIONS[button.getAttribute("data-do") ?? ""]?.(button))

// Another tab of the shop signed in or out.
addEventListener("storage", ({ key }) => {
  if (key === SESSION) show()
})

tributary("on", "unread", ({ count }: { count: number }) => say(`unread: ${count}`))
tributary("on", "open", () => say("open"))
tributary("on", "close", () => say("close"))
tributary("on", "message", ({ message }: { message: { author: { type: string } } }) =>
  say(`message of ${message.author.type}`),
)
tributary("on", "auth", ({ type, outcome = "" }: { type: string; outcome?: string }) =>
  say(`auth: ${type} ${outcome}`),
)

// As a real shop would on each page: the user who is signed in here is signed in there.
const name = signedIn()
show()
if (name) signIn(name)
