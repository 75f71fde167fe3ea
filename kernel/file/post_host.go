//go:build !yolk

package file

// post is where Pollable.Post sends descriptors: on the host nowhere, unless
// a test sets it. SetPost does so for tests of sibling packages.
var post func(fd uintptr, mode int32)
