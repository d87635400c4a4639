/** Networks as operators write them, and what one customer of a provider has. */
import { expect, test } from "vitest"
import { customerOf } from "../../src/lib/networks.ts"

test.each([
  ["198.51.100.7", "198.51.100.7"],
  ["2001:db8:7:7::1", "2001:db8:7:7::/64"],
  ["2001:db8:7:7:a:b:c:d", "2001:db8:7:7::/64"],
  ["2001:DB8::1", "2001:db8:0:0::/64"],
  ["2001:db8::7:a:b:c:d", "2001:db8:0:7::/64"],
  ["::1", "0:0:0:0::/64"],
  ["::", "0:0:0:0::/64"],
  ["64:ff9b::198.51.100.7", "64:ff9b:0:0::/64"],
  ["no address", "no address"],
])("%s is counted as %s", (address, name) => {
  expect(customerOf(address)).toBe(name)
})
