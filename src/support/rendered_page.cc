#include "support/rendered_page.h"

#include "support/error.h"

namespace deepcache_gen {

std::string render_page(std::span<const std::uint8_t> page_template, const kainjow::mustache::object& view) {
  kainjow::mustache::mustache page(std::string(page_template.begin(), page_template.end()));
  std::string html = page.render(view);
  if (!page.is_valid()) throw Error("the template of the report is broken: " + page.error_message());
  return html;
}

}  // namespace deepcache_gen
