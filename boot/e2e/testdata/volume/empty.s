// Package main has a function without a body, which the compiler accepts beside a file for the assembler.
