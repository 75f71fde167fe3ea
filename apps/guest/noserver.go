//go:build noserver

package guest

import "errors"

// serve refuses: net/http is most of an interpreter's image, and stays out of this one.
func serve(name, addr string, run Run, l Limits) error {
	return errors.New("built without the server (-tags noserver): name a program")
}
