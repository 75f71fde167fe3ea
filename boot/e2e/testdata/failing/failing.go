// Package failing has one test that passes and two that do not, for a look at
// how `yolk test` reports them, and what of this they execute.
package failing

import "os"

func read(name string) (string, error) {
	b, err := os.ReadFile(name)
	if err != nil {
		return "", err
	}
	return string(b), nil
}
