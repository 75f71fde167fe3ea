module yolk/apps/starlark

go 1.26.0

require (
	go.starlark.net v0.0.0-20260908191801-89a6a09411d5
	yolk/apps/guest v0.0.0
)

require golang.org/x/sys v0.42.0 // indirect

replace yolk/apps/guest => ../guest
