// Shortens the way; every page works without it.

// 1. A page that comes back with errors begins at their list.
document.querySelector(".summary[role=alert]")?.focus?.();
