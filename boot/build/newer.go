package build

import (
	"fmt"
	"go/version"
	"regexp"

	"yolk/boot/overlay"
)

// A NewerGoError says that a module is written for a Go release that is not at
// hand.
type NewerGoError struct {
	Module     string
	Need, Have string // "go1.27", "go1.26.8"
	Err        error  // why the release could not be had, nil if nobody tried
}

// Error says first what is wrong, then what to do.
func (e *NewerGoError) Error() string {
	text := fmt.Sprintf("%s needs %s; this is %s: ", e.Module, e.Need, e.Have)
	switch {
	case e.Err != nil:
		return text + e.Err.Error()
	case !newer(e.Need, overlay.Newest()):
		return text + "install " + overlay.Newest() + " from https://go.dev/dl"
	}
	return text + "Yolk is tested with " + overlay.Supported() + ", which an older version of the module may take"
}

func (e *NewerGoError) Unwrap() error { return e.Err }

// newer reports whether release need is newer than have; one that cannot be
// compared, such as a developer's own, is taken to be as new.
func newer(need, have string) bool {
	return version.IsValid(have) && version.Compare(need, have) > 0
}

var requires = regexp.MustCompile(`(\S+) requires go >= (\S+) \(running go ([^;)]+)`)

// newerGo finds the go command's way to say so of a module, in what it complains.
func newerGo(complaint string) error {
	m := requires.FindStringSubmatch(complaint)
	if m == nil {
		return nil
	}
	return &NewerGoError{Module: m[1], Need: "go" + m[2], Have: "go" + m[3]}
}
