// Command imports draws the picture of ARCHITECTURE.md: the rooms of the house, and
// which imports which. Its tests hold the table of who may import whom: imports point
// one way, apps -> plat -> drivers -> netdev, kernel -> arch, and what runs on the host
// never mixes with what is linked into an image.
//
//	go run ./scripts/imports > scripts/imports/rooms.svg
package main

import (
	"fmt"
	"os"
)

func main() {
	list, err := arrows()
	if err != nil {
		fmt.Fprintln(os.Stderr, "imports:", err)
		os.Exit(1)
	}
	fmt.Print(draw(list))
}
