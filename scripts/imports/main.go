// Command imports draws the picture of ARCHITECTURE.md: the rooms of the house, and
// which imports which. Its tests hold the table of who may import whom: imports point
// one way, apps -> plat -> drivers -> netdev, kernel -> arch, and what runs on the host
// never mixes with what is linked into an image.
//
//	go run ./scripts/imports > scripts/imports/rooms.svg
//	go run ./scripts/imports -sizes
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	count := flag.Bool("sizes", false, "print how large the rooms are instead")
	flag.Parse()
	print := picture
	if *count {
		print = table
	}
	text, err := print()
	if err != nil {
		fmt.Fprintln(os.Stderr, "imports:", err)
		os.Exit(1)
	}
	fmt.Print(text)
}

func picture() (string, error) {
	list, err := arrows()
	return draw(list), err
}

// table lists the rooms' shares of the source.
func table() (text string, err error) {
	lines, total, err := sizes(".")
	for i, n := range lines {
		text += fmt.Sprintf("%-16s %6d lines %5.1f %%\n", rooms[i].name, n, 100*float64(n)/float64(total))
	}
	return text, err
}
