//go:build !linux

package flash

import (
	"fmt"
	"os"
)

// checkPartition makes sure that there is a folder; what is mounted is not known
// here, and Install asks for the firmware's files anyway.
func checkPartition(dir string) error {
	if st, err := os.Stat(dir); err != nil || !st.IsDir() {
		return fmt.Errorf("%s: %w: it is no folder", dir, ErrPartition)
	}
	return nil
}

// checkRoom leaves it to the file system to refuse.
func checkRoom(string, []File) error { return nil }
