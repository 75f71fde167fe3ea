// Helloworld is the smallest program worth booting. It knows nothing of Yolk:
// `go run` runs it as well.
package main

import "fmt"

func main() {
	fmt.Println("Hello from a machine with nothing but Go on it!")
}
