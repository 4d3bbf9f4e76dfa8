export { electricCatalogueSql, publicationName } from './catalogue.ts';
export { PROXY_LIMITS, type ProxyLimits } from './limits.ts';
export type { ProxyCounters, ProxyEvent, ProxyLog } from './log.ts';
export { PROXY_PORT, type Proxy, type ProxyOptions, startProxy } from './server.ts';
export { formatProxyUrl, PROXY_DATABASE, type ProxyUrlParts } from './url.ts';
