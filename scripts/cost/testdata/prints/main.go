// Prints is the program that has least: a line.
package main

import "fmt"

func main() { fmt.Println("up") }
