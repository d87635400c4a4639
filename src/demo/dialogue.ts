/**
 * What is said in the demo: a real dialogue, word for word.
 *
 * Source: Schema-Guided Dialogue dataset, dialogue `test_dialogues_020/20_00115` (utterances only),
 * https://github.com/google-research-datasets/dstc8-schema-guided-dialogue
 * Licence: CC BY-SA 4.0, https://creativecommons.org/licenses/by-sa/4.0/
 */
export interface DialogueTurn {
  readonly speaker: "user" | "agent"
  readonly text: string
}

const user = (text: string): DialogueTurn => ({ speaker: "user", text })
const agent = (text: string): DialogueTurn => ({ speaker: "agent", text })

/** About a house, on the phone. */
export const ON_THE_PHONE: readonly DialogueTurn[] = [
  user("Hi, could you get me a house to stay for 2 in Paris, France?"),
  agent("Sure, how about a 4.5 rated house located at 1 Rue Bayard, 75008?"),
  user("That sounds great! Please reserve it for me."),
  agent("When will you be checking in and out?"),
]

/** The same person goes on in a browser, as an anonymous visitor. */
export const ANONYMOUS: readonly DialogueTurn[] = [
  user("Likely from the 2nd to the 5th of March."),
  agent("Sure, please confirm your stay in Paris for 2 from March 2nd to March 5th."),
  user("That sounds great!"),
  agent("Your reservation has been made."),
]

/** After signing in: on all devices, written on each of them in turn. */
export const TOGETHER: readonly DialogueTurn[] = [
  user("May I know if they provide laundry services?"),
  agent("Yes, they do."),
  user("Thank you for your help, Could you find me a child-friendly museum over there?"),
  agent("There are 10 attractions which you may like, how about a Museum called Cinematheque Francaise?"),
  user("I see, that is all I need for now. Thank you!"),
  agent("No worries, have a pleasant day ahead!"),
]
