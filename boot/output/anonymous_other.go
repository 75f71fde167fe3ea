//go:build !linux

package output

import (
	"errors"
	"io/fs"
	"os"
)

// anonymous has no portable form.
func anonymous(string, fs.FileMode) (*os.File, error) { return nil, errors.ErrUnsupported }

func link(*os.File, string) (string, error) { return "", errors.ErrUnsupported }
