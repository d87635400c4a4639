/** A phone that is signed in, and shows the chat on its whole screen. */
import { PEOPLE, token, tributary } from "./page-widget.ts"

tributary("loginUser", () => token(PEOPLE.mira))
tributary("open")
