import type { HubAccess } from '../../src/hub/hub-access.ts';

/** The way to a test's own hub, with a cache of its own. */
export function hubAccess(hubUrl: string, cacheFolder: string, accessToken?: string | undefined): HubAccess {
  return { hubUrl, accessToken, offline: false, cacheFolder, symlinks: true };
}
