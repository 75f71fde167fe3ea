// Reads is prints that reads a file.
package main

import (
	"fmt"
	"os"
)

func main() {
	text, err := os.ReadFile("/etc/hosts")
	fmt.Println("up", len(text), err)
}
