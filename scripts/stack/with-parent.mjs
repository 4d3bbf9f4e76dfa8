// Imported ahead of a program that must not outlive the stack (`node --import`). The channel to the stack closes with it,
// also when it was killed.
process.once('disconnect', () => process.kill(process.pid, 'SIGTERM'));
process.channel?.unref();
