/** All calls of the admin API together. */
import type { Admin, AdminParts } from "./admin.ts"
import { appCalls } from "./admin-apps.ts"
import { conversationCalls } from "./admin-conversations.ts"
import { userCalls } from "./admin-users.ts"
import { keyCalls } from "./signing-keys.ts"

export const createAdmin = (parts: AdminParts): Admin => ({
  ...appCalls(parts),
  ...keyCalls(parts),
  ...userCalls(parts),
  ...conversationCalls(parts),
})
