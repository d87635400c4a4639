/** Calls for an agent's attention where the page is not looked at: a sound, a notification, a number on the tab. */
export interface Attention {
  /** @param onClick the agent followed the notification */
  alert(alert: {
    readonly title: string
    readonly body: string
    readonly tag: string
    readonly onClick: () => void
  }): void
  /** The number of conversations with something unread. */
  badge(count: number): void
  /** Asked for by a click, as browsers demand. */
  allow(): Promise<void>
}

const NOTES_HZ = [660, 880]
const NOTE_SECONDS = 0.12
/** Several messages at once are one sound. */
const PAUSE_MS = 1_500

export function createAttention(title: string, enabled: () => boolean): Attention {
  let audio: AudioContext | undefined
  let played = 0

  const play = (): void => {
    if (Date.now() - played < PAUSE_MS) return
    played = Date.now()
    audio ??= new AudioContext()
    void audio.resume().catch(() => undefined)
    const { destination, currentTime } = audio
    for (const [index, frequency] of NOTES_HZ.entries()) {
      const tone = audio.createOscillator()
      const volume = audio.createGain()
      const begins = currentTime + index * NOTE_SECONDS
      tone.frequency.value = frequency
      volume.gain.setValueAtTime(0.08, begins)
      volume.gain.exponentialRampToValueAtTime(0.0001, begins + NOTE_SECONDS * 2)
      tone.connect(volume).connect(destination)
      tone.start(begins)
      tone.stop(begins + NOTE_SECONDS * 2)
    }
  }

  return {
    alert({ title: head, body, tag, onClick }) {
      if (!enabled()) return
      const may = typeof Notification !== "undefined" && Notification.permission === "granted"
      if (may && !document.hasFocus()) {
        const shown = new Notification(head, { body, tag })
        shown.onclick = () => {
          window.focus()
          shown.close()
          onClick()
        }
      }
      play()
    },
    badge(count) {
      document.title = count > 0 ? `(${count}) ${title}` : title
      drawIcon(count)
    },
    async allow() {
      audio ??= new AudioContext()
      await audio.resume().catch(() => undefined)
      if (typeof Notification !== "undefined" && Notification.permission === "default")
        await Notification.requestPermission()
    },
  }
}

const SIZE_PX = 64
let plain: string | undefined

function drawIcon(count: number): void {
  const link = document.querySelector<HTMLLinkElement>('link[rel="icon"]')
  if (!link) return
  plain ??= link.href
  if (count === 0) {
    link.href = plain
    return
  }
  const image = new Image(SIZE_PX, SIZE_PX)
  image.onload = () => {
    const canvas = document.createElement("canvas")
    canvas.width = SIZE_PX
    canvas.height = SIZE_PX
    const pen = canvas.getContext("2d")
    if (!pen) return
    pen.drawImage(image, 0, 0, SIZE_PX, SIZE_PX)
    pen.fillStyle = "#d62d20"
    pen.beginPath()
    pen.arc(44, 20, 20, 0, 2 * Math.PI)
    pen.fill()
    pen.fillStyle = "#fff"
    pen.font = "bold 28px system-ui, sans-serif"
    pen.textAlign = "center"
    pen.fillText(count > 9 ? "9+" : String(count), 44, 30)
    link.href = canvas.toDataURL("image/png")
  }
  image.src = plain
}
