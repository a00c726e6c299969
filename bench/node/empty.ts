// A script that does nothing, to which the import is compared.

export {}
