package smp

import "yolk/arch"

// joinHost, flushLater and waitFor are for hosts that say which processors run; on
// arm64 none is asked.
func joinHost(uintptr)    {}
func flushLater(int) bool { return false }
func waitFor(int)         { arch.Pause() }
