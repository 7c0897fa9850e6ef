#!/bin/bash

exec ckwrap -- ./heat
