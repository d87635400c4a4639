/** The app `demo`, in development only: made when it is first needed, with one user key and one agent key. */
import type { AppRecord } from "../domain/records.ts"
import type { KeyRole } from "../protocol/admin-calls.ts"
import { HubError } from "../protocol/errors.ts"
import { DEFAULT_SETTINGS } from "../protocol/settings.ts"
import type { Admin } from "./admin/admin.ts"
import type { Apps } from "./app-registry.ts"

const DEMO_APP = "demo"

interface DemoKey {
  readonly kid: string
  readonly secret: string
}

export interface DemoParts {
  readonly apps: Apps
  readonly admin: Admin
  readonly now: () => number
  readonly partitions: number
}

export async function demoKeys({ apps, admin, now, partitions }: DemoParts): Promise<{
  user: DemoKey
  agent: DemoKey
}> {
  const record: AppRecord = {
    id: DEMO_APP,
    name: "Demo",
    settings: DEFAULT_SETTINGS,
    createdAt: now(),
    partitions,
    keys: [],
    development: true,
  }
  await apps.create(record).catch((error: unknown) => {
    if (!(error instanceof HubError && error.code === "conflict")) throw error
  })
  const keyOf = async (role: KeyRole): Promise<DemoKey> => {
    const app = await apps.get(DEMO_APP)
    const known = app.record.keys.find((key) => key.role === role)
    return known ?? (await admin.createKey({ appId: DEMO_APP, role }))
  }
  return { user: await keyOf("user"), agent: await keyOf("agent") }
}
