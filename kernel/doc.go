// Package kernel has no code. Its folders are the rooms, and README.md the way through
// them; its tests hold what is true of all that runs in kernel context.
package kernel
