"""How the documentation is built: ``sphinx-build -W -b html docs build/docs``, without network."""

from __future__ import annotations

import sys
from pathlib import Path

HERE = Path(__file__).resolve().parent
sys.path.insert(0, str(HERE / "_ext"))

import dcpg_theory  # noqa: E402 - after the path of the extensions, which it does not need

project = "dcpg_theory"
author = "The dcpg_theory authors"
project_copyright = author
version = release = dcpg_theory.__version__

extensions = [
    "myst_parser",
    "sphinx.ext.autodoc",
    "sphinx.ext.napoleon",
    "claim_pages",
    "docstring_words",
    "mathml_renderer",
    "repository_links",
]
exclude_patterns = ["_ext", "_templates", "examples/*/*/**"]
html_theme = "furo"
html_math_renderer = "mathml"
html_title = f"dcpg_theory {release}"
html_static_path = ["_static"]
html_css_files = ["claims.css"]
html_js_files = ["reachable.js"]
html_show_copyright = False
html_copy_source = False

# The pages are read in the repository too, where a heading's anchor is its slug.
myst_heading_anchors = 4
myst_enable_extensions = ["deflist"]

napoleon_google_docstring = False
napoleon_numpy_docstring = True
napoleon_use_rtype = False
autodoc_member_order = "groupwise"
autodoc_typehints = "signature"
autodoc_preserve_defaults = True
autodoc_default_options = {"members": True}
python_display_short_literal_types = True
add_module_names = False
default_role = "py:obj"
