// The Modeler's own library, in a page: loads templates, applies them to elements, returns the diagram as the Modeler would save it.
import { CloudElementTemplatesCoreModule, ElementTemplatesCoreModule } from "bpmn-js-element-templates/core";
import CloudBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-cloud";
import Modeler from "bpmn-js/lib/Modeler";
import PlatformBehaviors from "camunda-bpmn-js-behaviors/lib/camunda-platform";
import camunda from "camunda-bpmn-moddle/resources/camunda.json";
import zeebe from "zeebe-bpmn-moddle/resources/zeebe.json";

const PLATFORMS = {
  camunda7: { additionalModules: [ElementTemplatesCoreModule, PlatformBehaviors], moddleExtensions: { camunda } },
  camunda8: { additionalModules: [CloudElementTemplatesCoreModule, CloudBehaviors], moddleExtensions: { zeebe } },
};

function openModeler(platform, templates) {
  const modeler = new Modeler({ container: document.createElement("div"), ...PLATFORMS[platform] });
  const told = [];
  for (const kind of ["errors", "warnings"]) {
    modeler.get("eventBus").on(`elementTemplates.${kind}`, (event) => told.push(...event[kind].map((one) => one.message)));
  }
  modeler.get("elementTemplatesLoader").setTemplates(templates);
  return { modeler, told };
}

// Type over what the template proposes for an input.
function type(modeler, id, name, value) {
  const element = modeler.get("elementRegistry").get(id);
  const mappings = element.businessObject.extensionElements.values.find((one) => one.inputParameters);
  const input = mappings.inputParameters.find((one) => (one.target || one.name) === name);
  modeler.get("modeling").updateModdleProperties(element, input, input.$type === "zeebe:Input" ? { source: value } : { value });
}

// wanted: element id -> template id; typed: element id -> {input: value}; later: newer templates, taken over by "Update"
window.applyTemplates = async (platform, xml, templates, wanted, typed, later) => {
  const { modeler, told } = openModeler(platform, templates);
  await modeler.importXML(xml);
  const catalogue = modeler.get("elementTemplates");
  const choose = (id) => catalogue.applyTemplate(modeler.get("elementRegistry").get(id), catalogue.getLatest(wanted[id])[0]);
  for (const id of Object.keys(wanted)) {
    choose(id);
    for (const [name, value] of Object.entries(typed[id] || {})) type(modeler, id, name, value);
  }
  if (later) {
    modeler.get("elementTemplatesLoader").setTemplates([...templates, ...later]);
    for (const id of Object.keys(wanted)) choose(id);
  }
  return { xml: (await modeler.saveXML({ format: true })).xml, told, known: catalogue.getLatest().map((one) => one.id) };
};
