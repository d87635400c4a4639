/** The browser's file alone. @returns its path */
export function buildBrowserFile(target: string): Promise<string>
/** @returns the folder of the package */
export function buildClientPackage(target?: string): Promise<string>
