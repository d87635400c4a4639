/** The app `demo` of development: made when it is first asked for, with one user key and one agent key. */
import type { KeyRole } from "../protocol/admin-calls.ts"
import { HubError } from "../protocol/errors.ts"
import type { Admin } from "./administration.ts"
import type { Apps } from "./app-registry.ts"

const DEMO_APP = "demo"

interface DemoKey {
  readonly kid: string
  readonly secret: string
}

export async function demoKeys(apps: Apps, admin: Admin): Promise<{ user: DemoKey; agent: DemoKey }> {
  await admin.createApp({ id: DEMO_APP, name: "Demo" }).catch((error: unknown) => {
    if (!(error instanceof HubError && error.code === "conflict")) throw error
  })
  const keyOf = async (role: KeyRole): Promise<DemoKey> => {
    const app = await apps.get(DEMO_APP)
    const known = app.record.keys.find((key) => key.role === role)
    return known ?? (await admin.createKey({ appId: DEMO_APP, role }))
  }
  return { user: await keyOf("user"), agent: await keyOf("agent") }
}
