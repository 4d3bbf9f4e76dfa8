// Required ahead of everything else: an older Node fails at some import of a dependency, with words that help nobody.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 20 || (major === 20 && minor < 19)) {
  console.error(`CONFIG_INVALID: Node ${process.versions.node} is too old.\nInstall Node 20.19 or newer.`);
  process.exit(1);
}
