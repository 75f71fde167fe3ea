// Hello greets: yolk new program begins with it.
package main

import (
	"fmt"
	"os"
)

func main() {
	fmt.Println(greeting(os.Args[1:]))
}

// greeting greets somebody, or everybody.
func greeting(names []string) string {
	if len(names) == 0 {
		return "Hello, world"
	}
	return "Hello, " + names[0]
}
