//go:build !yolk || yolk_side || yolk_volumes

package netfunc

import (
	"io"
	"os"
)

// create makes the file of a capture.
func create(name string) (io.WriteCloser, error) {
	f, err := os.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_TRUNC, 0o666)
	if err != nil {
		return nil, err // and not a *os.File that is nil
	}
	return f, nil
}
