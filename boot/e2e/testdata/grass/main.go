// Grass prints the file /grass, as the first program with a file system does in Unikraft's
// sessions ("Behind the scenes", part 3).
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println("Hello, world!")
	grass, err := os.ReadFile("/grass")
	if err != nil {
		fmt.Println(err)
		os.Exit(1)
	}
	fmt.Printf("File contents: %s\n", grass)
	fmt.Println("Bye, world!")
}
