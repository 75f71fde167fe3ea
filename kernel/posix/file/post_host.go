//go:build !yolk

package file

// post is where Pollable.Post sends descriptors: on the host nowhere, unless
// SetPost is called.
var post func(fd uintptr, mode int32)

func seedRandom() bool { return false }
