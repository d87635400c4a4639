/** The strokes of each icon, in a square of 24. One by one, so that a window carries only those that it draws. */
export const ALERT =
  "M12 8v5m0 3v.01M10.3 3.9 2.4 17.5A2 2 0 0 0 4.1 20.5h15.8a2 2 0 0 0 1.7-3L13.7 3.9a2 2 0 0 0-3.4 0Z"
export const ARROW_DOWN = "M12 5v14m-6-6 6 6 6-6"
export const BACK = "m14.5 6-6 6 6 6"
export const BELL = "M18 9a6 6 0 1 0-12 0c0 6-2.5 7-2.5 7h17S18 15 18 9Zm-7.7 10.5a2 2 0 0 0 3.4 0"
export const BROWSER =
  "M4 5h16a1 1 0 0 1 1 1v12a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1V6a1 1 0 0 1 1-1ZM3 9.500h18M6 7.250h.01"
export const CHECK = "m5 12.5 4.5 4.5L19 7.5"
export const CHECKS = "m2.5 12.5 4 4L15 8m-3.5 7.5 1.5 1L21.5 8"
export const CLOCK = "M12 7.5V12l3 2m6-2a9 9 0 1 1-18 0 9 9 0 0 1 18 0Z"
export const CLOSE = "m6.5 6.5 11 11m0-11-11 11"
export const DEVICE = "M8 3h8a2 2 0 0 1 2 2v14a2 2 0 0 1-2 2H8a2 2 0 0 1-2-2V5a2 2 0 0 1 2-2Zm3 15h2"
export const DOWN = "m6 9.5 6 6 6-6"
export const EDIT = "M12 20h8M16.5 4.5a2.1 2.1 0 0 1 3 3L8 19l-4 1 1-4L16.5 4.5Z"
export const FILE = "M14 3v5h5M14 3H7a2 2 0 0 0-2 2v14a2 2 0 0 0 2 2h10a2 2 0 0 0 2-2V8l-5-5Z"
export const IMAGE =
  "M5 4h14a1 1 0 0 1 1 1v14a1 1 0 0 1-1 1H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm15 11-4.5-4.5L6 20M9.5 9a1 1 0 1 1-2 0 1 1 0 0 1 2 0Z"
export const LINK =
  "M10 14a4 4 0 0 0 5.7 0l3-3A4 4 0 1 0 13 5.300l-.8.8m1.8 3.900a4 4 0 0 0-5.7 0l-3 3A4 4 0 1 0 11 18.700l.8-.8"
export const LOGOUT = "M10 4H6a2 2 0 0 0-2 2v12a2 2 0 0 0 2 2h4m5-4 4-4-4-4m4 4H9.5"
export const MERGE = "M6 4v3a5 5 0 0 0 5 5h1m6-8v3a5 5 0 0 1-5 5h-1m0 0v8"
export const NOTE = "M5 4h14a1 1 0 0 1 1 1v9l-6 6H5a1 1 0 0 1-1-1V5a1 1 0 0 1 1-1Zm15 10h-5a1 1 0 0 0-1 1v5"
export const OFFLINE =
  "M3 3l18 18M8.5 16.400a5 5 0 0 1 7 0M5 12.900a10 10 0 0 1 5-2.700m4.3.2a10 10 0 0 1 4.7 2.500M2 9.300a15 15 0 0 1 4.4-2.900m4.3-1.200A15 15 0 0 1 22 9.300M12 20v.01"
export const PLUS = "M12 5v14m-7-7h14"
export const REPLY = "M9.500 6 4 11.500l5.500 5.500M4 11.500h9.500a6.500 6.500 0 0 1 6.500 6.500v1"
export const RETRY = "M20 5v5h-5m4.6 0A8 8 0 1 0 20 13.5"
export const SEARCH = "m20 20-4.5-4.500M17 10.500a6.5 6.5 0 1 1-13 0 6.5 6.5 0 0 1 13 0Z"
export const SEND = "M21 3 10.5 13.500M21 3l-6.5 18-4-7.500L3 9.5 21 3Z"
export const SETTINGS = "M4 7h9m4 0h3M4 17h3m4 0h9M15 4.500v5m-6 5v5"
export const TRASH =
  "M4.5 6.500h15M10 3.500h4m-7.5 3 .8 13a1 1 0 0 0 1 1h7.400a1 1 0 0 0 1-1l.8-13M10 11v5.500m4-5.500v5.5"
export const USER = "M12 12a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-7.5 8.500a7.5 7.5 0 0 1 15 0"
export const USERS =
  "M9 11.500a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8a6.5 6.5 0 0 1 13 0M16 5a3.5 3.5 0 0 1 0 6.300m2 3.400a6.5 6.5 0 0 1 3.5 4.8"
export const DARK = "M20 14.500A8.5 8.5 0 1 1 9.500 4a7 7 0 0 0 10.500 10.500Z"
export const EYE =
  "M2.5 12s3.500-6.500 9.500-6.500S21.500 12 21.500 12 18 18.500 12 18.500 2.500 12 2.500 12Zm12.500 0a3 3 0 1 1-6 0 3 3 0 0 1 6 0Z"
export const INBOX =
  "M3.500 13.500 6 5.500h12l2.500 8v4a1.500 1.500 0 0 1-1.500 1.500H5a1.500 1.500 0 0 1-1.500-1.500v-4Zm0 0H9l1 2h4l1-2h5.500"
export const KEYBOARD =
  "M4 6.500h16a1 1 0 0 1 1 1v9a1 1 0 0 1-1 1H4a1 1 0 0 1-1-1v-9a1 1 0 0 1 1-1Zm3 4h.01M11 10.500h.01M15 10.500h.01M17.500 10.500h.01M8 14h8"
export const LIGHT =
  "M12 16a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm0-13v1.500m0 15V21m9-9h-1.500m-15 0H3m15.400-6.400-1.100 1.100M6.700 17.300l-1.100 1.100m12.800 0-1.100-1.100M6.700 6.700 5.600 5.600"
export const MUTE =
  "M18 9a6 6 0 0 0-9.500-4.900M6 9c0 6-2.500 7-2.500 7H16M4 3l16.500 18M10.300 19.500a2 2 0 0 0 3.400 0"
export const PANEL =
  "M4.500 4.500h15a1 1 0 0 1 1 1v13a1 1 0 0 1-1 1h-15a1 1 0 0 1-1-1v-13a1 1 0 0 1 1-1Zm10 0v15"
